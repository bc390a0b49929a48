//! How much memory this process uses.

/// Resident bytes of this process; 0 where the system does not say.
pub fn rss_bytes() -> u64 {
    #[cfg(target_os = "linux")]
    {
        // The second field of statm, in pages.
        let pages = std::fs::read_to_string("/proc/self/statm")
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
        pages.unwrap_or(0).saturating_mul(crate::sys::page_bytes())
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}
