#!/bin/sh
# The browser and its driver for the tests of Uppy. Plain sh, as preflight.sh.
set -eu

has_browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1 && return 0
    done
    return 1
}

has_browser && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf '%s\n' "Chromium or its driver is missing; the tests of Uppy in a browser need both." \
        "  On Debian and Ubuntu: sudo apt-get install chromium chromium-driver" \
        "  Elsewhere: Chromium or Google Chrome, and a chromedriver of the same version on the PATH." >&2
    exit 1
fi
echo 'Installing Chromium and its driver (about a minute)'
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null
has_browser
