//! What this processor can do, found out at run time.

/// A set of instructions that this processor has. A value of this type is only ever made after asking the processor, so
/// kernels may rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isa(Set);

/// The sets that kernels are written for, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// x86-64 with AVX-512 F, BW, DQ, VL, VBMI and VNNI: Ice Lake, Zen 4 and later.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// x86-64 with AVX2, FMA and AVX-VNNI: Alder Lake, its small cores and later.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// x86-64 with AVX2 and FMA: Haswell, Zen and later.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AArch64 with the dot product: Cortex-A76 (Raspberry Pi 5), A78AE (Orin) and later.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// Any AArch64: Carmel (Xavier), Cortex-A72 and others.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// Anything: plain Rust.
    Portable,
}

impl Isa {
    /// The best set of this processor.
    #[must_use]
    pub fn best() -> Self {
        Self::available()
            .into_iter()
            .next()
            .unwrap_or(Self(Set::Portable))
    }

    /// Every set that this processor can run, best first; the last is plain Rust.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vnni")
            {
                sets.push(Set::Avx512Vnni);
            }
            if avx2 && is_x86_feature_detected!("avxvnni") {
                sets.push(Set::AvxVnni);
            }
            if avx2 {
                sets.push(Set::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            if std::arch::is_aarch64_feature_detected!("dotprod") {
                sets.push(Set::NeonDot);
            }
            sets.push(Set::Neon);
        }
        sets.push(Set::Portable);
        sets.into_iter().map(Self).collect()
    }

    /// Its name, for people and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512Vnni => "AVX-512 VNNI",
            #[cfg(target_arch = "x86_64")]
            Set::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Set::NeonDot => "NEON with dot product",
            #[cfg(target_arch = "aarch64")]
            Set::Neon => "NEON",
            Set::Portable => "portable",
        }
    }

    pub(crate) fn set(self) -> Set {
        self.0
    }
}
