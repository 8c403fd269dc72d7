"""Icons drawn for Wakeful: 16 units square, one stroke; inline, so that they take the colour of their text."""

from __future__ import annotations

from markupsafe import Markup

_SHAPES = {
    "fleet": Markup(
        '<rect x="2" y="2.5" width="12" height="4.5" rx="1.2"/>'
        '<rect x="2" y="9" width="12" height="4.5" rx="1.2"/>'
        '<path d="M4.6 4.75h.01M4.6 11.25h.01"/>'
    ),
    "events": Markup('<path d="M2.5 4h2M2.5 8h2M2.5 12h2M7 4h6.5M7 8h6.5M7 12h4"/>'),
    "timeline": Markup(
        '<path d="M4 1.800v12.400"/><circle cx="4" cy="4.6" r="1.7"/><circle cx="4" cy="11" r="1.7"/>'
        '<path d="M8.5 4.600H14M8.5 11H12"/>'
    ),
    "watches": Markup(
        '<path d="M8 14C4.500 11.300 2 9 2 6.200A3.100 3.100 0 0 1 8 4.800a3.100 3.100 0 0 1 6 1.400'
        'C14 9 11.500 11.300 8 14z"/>'
    ),
    "gateway": Markup('<circle cx="8" cy="8" r="6"/><path d="M2 8h3.500l1.500-3 2 6 1.500-3H14"/>'),
    "proxmox": Markup(
        '<path d="M8 1.800 13.600 5v6L8 14.200 2.400 11V5z"/><path d="M2.600 5.100 8 8.200l5.400-3.100M8 8.200v5.800"/>'
    ),
    "pause": Markup('<path d="M5.500 3.500v9M10.500 3.500v9"/>'),
    "send": Markup('<path d="M8 13.500v-11M3.500 7 8 2.500 12.500 7"/>'),
    "stop": Markup('<rect x="4" y="4" width="8" height="8" rx="1.5"/>'),
    "power": Markup('<path d="M8 2v5.500"/><path d="M4.700 4.300a5.200 5.200 0 1 0 6.600 0"/>'),
    "busy": Markup('<path d="M8 2a6 6 0 1 1-6 6"/>'),
    "bell": Markup(
        '<path d="M3.500 11.500c1-1 1-2.500 1-4.500a3.500 3.500 0 0 1 7 0c0 2 0 3.500 1 4.500z"/>'
        '<path d="M6.700 13.700a1.500 1.500 0 0 0 2.600 0"/>'
    ),
    "add": Markup('<circle cx="8" cy="8" r="6"/><path d="M8 5.3v5.4M5.3 8h5.4"/>'),
    "settings": Markup(
        '<path d="M2 5h6.2M12 5h2M2 11h2M7.8 11H14"/><circle cx="10" cy="5" r="1.8"/><circle cx="6" cy="11" r="1.8"/>'
    ),
    "moon": Markup('<path d="M13.4 9.6A5.7 5.7 0 0 1 6.4 2.6a5.7 5.7 0 1 0 7 7z"/>'),
    "away": Markup('<path d="M13.4 9.6A5.7 5.7 0 0 1 6.4 2.6a5.7 5.7 0 1 0 7 7z"/>'),
    "sun": Markup(
        '<circle cx="8" cy="8" r="2.8"/>'
        '<path d="M8 1.6v1.3M8 13.1v1.3M1.6 8h1.3M13.1 8h1.3"/>'
        '<path d="M3.5 3.5l.9.9M11.6 11.6l.9.9M12.5 3.5l-.9.9M4.4 11.6l-.9.9"/>'
    ),
    "person": Markup('<circle cx="8" cy="5.4" r="2.7"/><path d="M2.8 13.6c.8-2.4 2.8-3.6 5.2-3.6s4.4 1.2 5.2 3.6"/>'),
    "search": Markup('<circle cx="7" cy="7" r="4.4"/><path d="m10.3 10.3 3.4 3.4"/>'),
    "copy": Markup(
        '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/>'
        '<path d="M10.5 5.500v-1.500a1.5 1.5 0 0 0-1.5-1.500H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.500h1.5"/>'
    ),
    "check": Markup('<path d="m3 8.5 3.3 3.300L13 4.8"/>'),
    "cross": Markup('<path d="M4 4l8 8M12 4l-8 8"/>'),
    "alert": Markup('<path d="M8 2.3 14.3 13.300H1.700z"/><path d="M8 6.500v3M8 11.500h.01"/>'),
    "silent": Markup('<circle cx="8" cy="8" r="6"/><path d="M5.3 8h5.4"/>'),
    "conflict": Markup(
        '<rect x="2" y="5" width="7.5" height="9" rx="1.3"/>'
        '<path d="M6.5 5V3.300A1.3 1.3 0 0 1 7.8 2H12.700A1.3 1.3 0 0 1 14 3.300v6.400a1.3 1.3 0 0 1-1.3 1.300H9.5"/>'
    ),
    "new": Markup('<circle cx="8" cy="8" r="6" stroke-dasharray="2.6 2.11"/>'),
    "up": Markup('<circle cx="8" cy="8" r="6"/><path d="m5.4 8.2 1.9 1.9 3.4-3.9"/>'),
    "info": Markup('<circle cx="8" cy="8" r="6"/><path d="M8 7.400v3.400M8 5.200h.01"/>'),
    "lock": Markup(
        '<rect x="3" y="7" width="10" height="6.5" rx="1.5"/><path d="M5.3 7V5.200a2.7 2.7 0 0 1 5.4 0V7"/>'
    ),
    "down": Markup('<path d="m4 6.3 4 4 4-4"/>'),
    "left": Markup('<path d="m9.7 4-4 4 4 4"/>'),
    "right": Markup('<path d="m6.3 4 4 4-4 4"/>'),
    "live": Markup('<path d="M1.5 8h3l2-5 3 10 2-5h3"/>'),
    "empty": Markup('<path d="M2 10.5 4 3.500h8l2 7v2.500H2z"/><path d="M2 10.500h3.500l1 1.500h3l1-1.500H14"/>'),
    "disk": Markup(
        '<ellipse cx="8" cy="4.2" rx="5.5" ry="2"/>'
        '<path d="M2.5 4.200v7.600c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V4.2"/>'
        '<path d="M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2"/>'
    ),
}
_MARK = Markup(
    '<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">'
    '<path class="mark-lid" d="M3 19C6.5 11.5 11 8 16 8s9.5 3.5 13 11"/>'
    '<path class="mark-lid" d="M7.5 22.500C10 25 12.8 26 16 26s6-1 8.5-3.5"/>'
    '<circle class="mark-pupil" cx="16" cy="18" r="4.6"/>'
    "</svg>"
)


def icon(name: str, style: str = "") -> Markup:
    """Return the icon of that name; `style` is one more class. Raises KeyError when there is none of that name."""
    return Markup('<svg class="icon {}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>').format(
        style, _SHAPES[name]
    )


def mark() -> Markup:
    """Return the mark of Wakeful."""
    return _MARK
