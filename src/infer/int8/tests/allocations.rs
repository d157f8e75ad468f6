//! A session allocates nothing while it runs. In a program of its own, for the sake of the allocator that counts.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use scarp_int8::{Input, Isa, Pixels, Session, Size};

mod reference;

use reference::{Random, network::Small};

/// The system's allocator, counting what is asked of it, by any thread.
struct Counting(AtomicUsize);

#[global_allocator]
static ALLOCATOR: Counting = Counting(AtomicUsize::new(0));

// SAFETY: all calls go on to the system's allocator as they come.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.0.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
fn a_session_allocates_nothing_after_its_first_run() {
    let mut random = Random::new(3);
    let small = Small::new(
        &mut random,
        Size {
            height: 64,
            width: 64,
        },
        2,
    );
    let network = small.network();
    let planes = random.floats(small.input(), -2.0, 2.0);
    let data = random.bytes(3 * 50 * 60);
    let pixels = Pixels {
        data: &data,
        size: Size {
            height: 50,
            width: 60,
        },
        corner: (10, 20),
        scale: [0.017; 3],
        shift: [-2.0; 3],
    };
    for isa in Isa::available() {
        for threads in [1, 3] {
            let mut session = Session::new(&network, isa, threads);
            session.run(Input::Planes(&planes)).unwrap();
            let before = ALLOCATOR.0.load(Ordering::SeqCst);
            for _ in 0..5 {
                session.run(Input::Planes(&planes)).unwrap();
                session.run(Input::Pixels(pixels)).unwrap();
            }
            let count = ALLOCATOR.0.load(Ordering::SeqCst) - before;
            assert_eq!(count, 0, "{} with {threads} threads", isa.name());
        }
    }
}
