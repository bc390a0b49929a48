//! Links `brummerctl` at a fixed address on Linux: a command that lives for two milliseconds otherwise spends
//! a tenth of them on the loader, which writes 160 KiB of pointers for an address that chance gave it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
