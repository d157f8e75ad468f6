//! A fixed pool of threads that share the rows of one operator at a time.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use parking_lot::{Condvar, Mutex};

/// Rounds of waiting before a thread sleeps: operators follow each other within microseconds, waking takes longer.
const SPINS: u32 = 20_000;

/// Threads that work on one operator together, the caller among them. They sleep between runs, and never are more than
/// asked for.
#[derive(Debug)]
pub struct ThreadPool {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// Counts the jobs; a change tells the members to start.
    generation: AtomicU64,
    job: Mutex<Task>,
    wake: Condvar,
    /// Members still at work.
    busy: AtomicUsize,
    failed: AtomicBool,
}

#[derive(Debug, Default)]
struct Task {
    work: Option<Work>,
    stop: bool,
}

/// The address of a job that outlives its execution.
#[derive(Debug, Clone, Copy)]
struct Work(*const (dyn Fn() + Sync));

// SAFETY: what it points to is `Sync`, and `ThreadPool::all` keeps it alive until every member is done with it.
unsafe impl Send for Work {}

impl ThreadPool {
    /// A pool of `threads`, the caller among them; at least one.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            generation: AtomicU64::new(0),
            job: Mutex::new(Task::default()),
            wake: Condvar::new(),
            busy: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        });
        // A system that grants fewer threads makes a smaller pool, not a failure.
        let members = (1..threads)
            .map_while(|_| {
                let shared = Arc::clone(&shared);
                thread::Builder::new()
                    .name("scarp-int8".to_owned())
                    .spawn(move || shared.worker_loop())
                    .ok()
            })
            .collect();
        Self { shared, members }
    }

    /// Threads, the caller among them.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.members.len() + 1
    }

    /// Calls `work` for every `chunk` elements of `out`, in no order, on all threads; the last may be shorter. It is given the
    /// chunk's number, the chunk, and the calling thread's own part of `scratch`, which is divided evenly.
    pub fn chunks<T: Send, S: Send>(
        &mut self,
        out: &mut [T],
        chunk: usize,
        scratch: &mut [S],
        work: impl Fn(usize, &mut [T], &mut [S]) + Sync,
    ) {
        let count = out.len().div_ceil(chunk);
        let part = scratch.len() / self.threads();
        if self.members.is_empty() || count < 2 {
            for (number, chunk) in out.chunks_mut(chunk).enumerate() {
                work(number, chunk, &mut scratch[..part]);
            }
            return;
        }
        let (length, out, scratch) = (
            out.len(),
            Address(out.as_mut_ptr()),
            Address(scratch.as_mut_ptr()),
        );
        let next = AtomicUsize::new(0);
        let member = AtomicUsize::new(0);
        self.all(&|| {
            let member = member.fetch_add(1, Ordering::Relaxed);
            // SAFETY: every thread has a number of its own, below the number of threads, so its part is nobody else's.
            let scratch =
                unsafe { std::slice::from_raw_parts_mut(scratch.get().add(member * part), part) };
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    break;
                }
                let first = number * chunk;
                // SAFETY: each number is drawn once, so the chunk is nobody else's; it ends at the slice's end at last.
                let chunk = unsafe {
                    std::slice::from_raw_parts_mut(out.get().add(first), chunk.min(length - first))
                };
                work(number, chunk, scratch);
            }
        });
    }

    /// Runs `work` once on every thread and returns when all are done.
    fn all(&mut self, work: &(dyn Fn() + Sync)) {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes; this function returns when no member uses the address any more.
        let lasting: &'static (dyn Fn() + Sync) = unsafe { std::mem::transmute(work) };
        shared.busy.store(self.members.len(), Ordering::Relaxed);
        {
            let mut task = shared.job.lock();
            task.work = Some(Work(lasting));
            shared.generation.fetch_add(1, Ordering::Release);
        }
        shared.wake.notify_all();
        let own = catch_unwind(AssertUnwindSafe(work));
        let mut spins = 0;
        while shared.busy.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS {
                std::hint::spin_loop()
            } else {
                thread::yield_now()
            }
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        assert!(
            !shared.failed.swap(false, Ordering::Relaxed),
            "a thread of the pool panicked"
        );
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        {
            let mut task = self.shared.job.lock();
            task.stop = true;
            self.shared.generation.fetch_add(1, Ordering::Release);
        }
        self.shared.wake.notify_all();
        for member in self.members.drain(..) {
            // A member that panicked said so already.
            let _ = member.join();
        }
    }
}

impl Shared {
    /// What a member does all its life.
    fn worker_loop(&self) {
        let mut seen = 0;
        loop {
            let mut spins = 0;
            while self.generation.load(Ordering::Acquire) == seen && spins < SPINS {
                std::hint::spin_loop();
                spins += 1;
            }
            let work = {
                let mut task = self.job.lock();
                while self.generation.load(Ordering::Acquire) == seen {
                    self.wake.wait(&mut task);
                }
                seen = self.generation.load(Ordering::Acquire);
                if task.stop {
                    return;
                }
                task.work
            };
            if let Some(Work(work)) = work {
                // SAFETY: `ThreadPool::all` waits for `busy` to fall to zero before the job ends.
                let work = unsafe { &*work };
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    self.failed.store(true, Ordering::Relaxed);
                }
            }
            self.busy.fetch_sub(1, Ordering::Release);
        }
    }
}

/// An address that threads may share; what they do with it is argued where it is used.
struct Address<T>(*mut T);

// SAFETY: the address is only a number; `ThreadPool::chunks` gives each element to one thread.
unsafe impl<T: Send> Sync for Address<T> {}

impl<T> Address<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_worked_on_once_whatever_the_number_of_threads() {
        for threads in 1..5 {
            let mut pool = ThreadPool::new(threads);
            for length in [0, 1, 7, 64, 1000] {
                let mut out = vec![0_usize; length];
                let mut scratch = vec![0_usize; 3 * threads];
                pool.chunks(&mut out, 7, &mut scratch, |number, chunk, scratch| {
                    assert_eq!(scratch.len(), 3);
                    scratch[0] += chunk.len();
                    for (i, element) in chunk.iter_mut().enumerate() {
                        *element += 7 * number + i + 1;
                    }
                });
                assert!(out.iter().enumerate().all(|(i, &element)| element == i + 1));
                assert_eq!(scratch.iter().sum::<usize>(), length);
            }
        }
    }

    #[test]
    fn a_panic_in_a_chunk_reaches_the_caller_and_the_pool_works_on() {
        let mut pool = ThreadPool::new(3);
        let mut out = [0_u8; 64];
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            pool.chunks(&mut out, 1, &mut [(); 3], |number, _, _| {
                assert!(number != 40, "chunk 40")
            });
        }));
        assert!(attempt.is_err());
        pool.chunks(&mut out, 1, &mut [(); 3], |_, chunk, _| chunk[0] = 1);
        assert!(out.iter().all(|&element| element == 1));
    }
}
