# For the scripts in tools/, which source it in the repository's root and name in `missing` the Debian packages they lack.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

on_debian() (
    . /etc/os-release && [ "$ID" = debian ]
)

# What Rust needs to build the aircraft's program: a linker, and libclang, with which bindgen reads the kernel's camera interface.
needs_compilers() {
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    grep -q 'libclang[-.0-9]*\.so' <(/sbin/ldconfig -p) || missing+=(libclang1)
}

needs_rust() {
    command -v cargo >/dev/null && return
    echo "${0##*/}: there is no cargo; install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer, for instance from https://rustup.rs" >&2
    exit 1
}

# needs_disk GB: said before anything is built or installed, since compiler and pip tell a full disk late and each in its own way.
needs_disk() {
    local free
    free=$(df --output=avail --block-size=1G . | tail -n 1)
    [ "$free" -lt "$1" ] || return 0
    echo "${0##*/}: ${free// /} GB are free on the disk of $PWD, and what is built and installed here takes $1 GB; free some" >&2
    exit 1
}

install_missing() {
    [ ${#missing[@]} -gt 0 ] || return 0
    mkdir -p target
    # One at a time: of two at once, apt refuses the later one.
    (
        flock 9
        as_root apt-get update -q
        as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
    ) 9>target/packages.lock
}
