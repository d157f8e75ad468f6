//! Plain Rust loops compiled once for each set of instructions, so that the compiler may use its vectors.

use crate::{Isa, isa::Set};

/// Work whose `run`, inlined into a function that may use a set's instructions, becomes vector code.
pub(crate) trait Job {
    /// Does the work. To be marked `#[inline(always)]`, like all that it calls in its loops.
    fn run(self);
}

impl Isa {
    /// Runs `job` with this set's instructions.
    #[inline]
    pub(crate) fn run(self, job: impl Job) {
        match self.set() {
            // SAFETY: the set was found on this processor.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Vnni => unsafe { avx512(job) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::AvxVnni | Set::Avx2 => unsafe { avx2(job) },
            // Every AArch64 processor has NEON, and the compiler uses it without being told.
            #[cfg(target_arch = "aarch64")]
            Set::NeonDot | Set::Neon => job.run(),
            Set::Portable => job.run(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni,avx2,fma")]
fn avx512(job: impl Job) {
    job.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(job: impl Job) {
    job.run();
}
