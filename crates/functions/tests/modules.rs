//! The example of the page about functions of one's own, built and run where its target is
//! installed; and the one in text.

use std::path::PathBuf;
use std::process::Command;

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute_with, registry,
};

const PAGE: &str = include_str!("../../../docs/webassembly.md");
const SOURCE: &str = include_str!("modules/vet_owner.rs");
const SIGNATURE: &str = include_str!("modules/vet-owner.yaml");

const OWNED: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a # the shop\n  annotations: {owner: shop}\ndata: {rate: 1.10}\n";

fn run(signature: &str, module: &[u8], text: &str) -> Outcome {
    let function = Function::from_wasm(signature, module).expect("a function");
    let name = function.signature.function_name.clone();
    let registry = registry().with([function]).expect("a new name");
    execute_with(
        &registry,
        Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable"),
            invocations: &[FunctionInvocation::new(name, Vec::<String>::new())],
            num_filters: 0,
            stop_on_error: false,
        },
    )
}

#[test]
fn the_page_shows_the_example() {
    let (_, example) = SOURCE.split_once("/// Room for").expect("the example");
    assert!(PAGE.contains(example.trim_end()));
}

#[test]
fn the_example_in_text() {
    let (_, after) = PAGE.split_once("```wat\n").expect("the example");
    let (text, _) = after.split_once("```").expect("its end");
    let module = wat::parse_str(text).expect("a module");
    let outcome = run(
        "FunctionName: set-nothing\nMutating: true\n",
        &module,
        OWNED,
    );
    assert!(outcome.success, "{:?}", outcome.messages);
    assert!(outcome.changes.is_empty() && outcome.config.text() == OWNED);
}

#[test]
fn the_example_in_rust() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let module = folder.join("vet-owner.wasm");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules/vet_owner.rs");
    let built = Command::new("rustc")
        .args(["--edition=2024", "--target=wasm32-unknown-unknown"])
        .args(["--crate-type=cdylib", "-Copt-level=s", source, "-o"])
        .arg(&module)
        .output()
        .expect("a compiler");
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    if !built.status.success() && said.contains("target may not be installed") {
        // It is not installed here: the modules in text have to do.
        return;
    }
    assert!(built.status.success(), "{said}");
    let module = std::fs::read(module).expect("the module");
    let passed = run(SIGNATURE, &module, OWNED);
    assert_eq!(
        passed.outputs["ValidationResult"][0]["Passed"], true,
        "{:?}",
        passed.messages
    );
    let failed = run(SIGNATURE, &module, &OWNED.replace("owner", "other"));
    assert_eq!(
        failed.outputs["ValidationResult"][0]["Details"][0],
        "v1/ConfigMap /a: it has no owner"
    );
}
