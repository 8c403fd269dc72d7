#!/bin/sh
# dpkg calls this as @WHEN@ (Debian Policy 6.5); what is done is the same as in the rpm.
set -eu
# shellcheck disable=SC2195 # @WHEN@ is filled in
case "@WHEN@ $1" in
    "postinst configure") if [ -n "${2:-}" ]; then set -- upgraded; else set -- installed; fi ;;
    "prerm remove") set -- removing ;;
    "postrm remove") set -- removed ;;
    "postrm purge") set -- purged ;;
    *) exit 0 ;;
esac
