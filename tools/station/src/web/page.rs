//! The page itself: the files that Vite has built, part of this program, so that nothing is looked for beside it.

use std::sync::LazyLock;

use super::body::Packed;

struct File {
    path: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! file {
    ($path:literal, $kind:literal, $name:literal) => {
        File {
            path: $path,
            kind: $kind,
            content: include_bytes!(concat!("../../web/dist/", $name)),
        }
    };
}

const FILES: [File; 8] = [
    file!("/", "text/html; charset=utf-8", "index.html"),
    file!("/index.js", "text/javascript; charset=utf-8", "index.js"),
    file!("/index.css", "text/css; charset=utf-8", "index.css"),
    file!(
        "/maplibre-gl-worker.mjs",
        "text/javascript; charset=utf-8",
        "maplibre-gl-worker.mjs"
    ),
    file!("/licences.txt", "text/plain; charset=utf-8", "licences.txt"),
    file!("/sw.js", "text/javascript; charset=utf-8", "sw.js"),
    file!("/icon.svg", "image/svg+xml", "icon.svg"),
    file!(
        "/manifest.webmanifest",
        "application/manifest+json",
        "manifest.webmanifest"
    ),
];

/// The page's files by their paths, packed when one is asked for first.
static PACKED: LazyLock<Vec<(&str, Packed)>> = LazyLock::new(|| {
    let pack = |file: &File| {
        let packed: Result<_, std::io::Error> =
            Packed::new(file.kind, |packer| packer.write_all(file.content));
        // Memory does not fail to be written to.
        Some((file.path, packed.ok()?))
    };
    FILES.iter().filter_map(pack).collect()
});

/// Paths of the files, as browsers ask for them.
pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|file| file.path)
}

/// The file at `path`.
pub fn file(path: &str) -> Option<Packed> {
    let found = PACKED.iter().find(|(known, _)| *known == path);
    found.map(|(_, packed)| packed.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_built_whole_and_names_no_other_place() {
        for File { path, content, .. } in FILES {
            assert!(file(path).is_some_and(|_| !content.is_empty()), "{path}");
        }
        let html = std::str::from_utf8(FILES[0].content).unwrap();
        for name in html.split('"').filter_map(|part| part.strip_prefix("./")) {
            let path = format!("/{name}");
            assert!(paths().any(|known| known == path), "{path} is not embedded");
        }
        assert!(
            !html.contains("://"),
            "the page asks another place for something"
        );
    }
}
