#!/bin/sh
# The browser and its driver, and a download manager, for the tests of foreign clients. Plain sh, as preflight.sh.
set -eu

has_all() {
    command -v aria2c >/dev/null 2>&1 || return 1
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1 && return 0
    done
    return 1
}

has_all && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf '%s\n' "Chromium, its driver or aria2 is missing; the tests of foreign clients need all three." \
        "  On Debian and Ubuntu: sudo apt-get install chromium chromium-driver aria2" \
        "  Elsewhere: Chromium or Google Chrome, and a chromedriver of the same version, and aria2c, on the PATH." >&2
    exit 1
fi
echo 'Installing Chromium, its driver and aria2 (about a minute)'
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver aria2 >/dev/null
has_all
