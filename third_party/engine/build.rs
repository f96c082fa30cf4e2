//! Copies the C headers that belong to exactly this feature set to `$OUTLAYER_ENGINE_INCLUDE`.
use std::{env, fs, io, path::Path};

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=OUTLAYER_ENGINE_INCLUDE");
    let from = env::var("DEP_WASMTIME_C_API_INCLUDE").expect("the C API crate exports its headers");
    let to = env::var("OUTLAYER_ENGINE_INCLUDE").expect("OUTLAYER_ENGINE_INCLUDE names where the headers go");
    copy_tree(Path::new(&from), Path::new(&to)).expect("copying the C API headers");
}
