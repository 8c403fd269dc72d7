"""Runs first in the frozen program: takes the bootloader's settings back, and finds the machine's authorities."""

import os

# The usual names of the file that holds all authorities: Debian and kin, RHEL and kin, SUSE, OpenSSL's own.
AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def restore_environment() -> None:
    """Take back what the bootloader set for itself: programs of this machine must not load the bundle's libraries."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    for name in [name for name in os.environ if name.startswith("_PYI_")]:
        del os.environ[name]


def find_authorities() -> None:
    """Point OpenSSL at this machine's authorities: built here, it looks where Debian keeps them."""
    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return
    found = next((file for file in AUTHORITIES if os.path.isfile(file)), None)
    if found is not None:
        os.environ["SSL_CERT_FILE"] = found


restore_environment()
find_authorities()
