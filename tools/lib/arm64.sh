# For the scripts in tools/ that build for 64-bit Arm or run what was built. What is not there they find in `missing`.
. tools/lib/packages.sh
target=aarch64-unknown-linux-gnu

has_target() { [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; }

# The compiler at hand where it has the target (`rustup target add`), else Debian's; by its whole path, because cargo would take
# rustup's for the bare name.
find_compiler() {
    ! has_target || return 0
    export RUSTC=/usr/bin/rustc
    [ -x "$RUSTC" ] || missing+=(rustc-web)
    [ ! -d "/usr/lib/rustlib/$target" ] || return 0
    # Ubuntu has no such package, and keeps those for Arm on servers of their own, without which apt would fail from then on.
    on_debian || {
        echo "tools/${0##*/}: no compiler here has the target $target; run 'rustup target add $target', or use Debian 12" >&2
        exit 1
    }
    as_root dpkg --add-architecture arm64
    missing+=(libstd-rust-web-dev:arm64)
}

# The emulator with the libraries of Debian's cross compiler and no others: a loader of one build of glibc and a library of
# another make a program that stands still.
libraries=/usr/aarch64-linux-gnu
emulator=(qemu-aarch64-static -L "$libraries" -E "LD_LIBRARY_PATH=$libraries/lib")

find_emulator() {
    command -v "${emulator[0]}" >/dev/null || missing+=(qemu-user-static)
    [ -e "$libraries/lib/libgcc_s.so.1" ] || missing+=(libgcc-s1-arm64-cross)
}
