// @ts-check

/** @param {string} text for screen readers */
export function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}
