# For the scripts in tools/, which source it in the repository's root and name in `missing` the Debian packages they lack.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

on_debian() (
    . /etc/os-release && [ "$ID" = debian ]
)

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    as_root apt-get update -q
    as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
}
