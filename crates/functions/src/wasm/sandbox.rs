//! A module within its bounds.

use wasmi::TrapCode;
use wasmi::{
    CompilationMode, Config, EnforcedLimits, Engine, Instance, Linker, Store, StoreLimits,
    StoreLimitsBuilder, TypedFunc,
};

/// Fuel of one call, over all resources: about one unit an instruction, and one a byte given.
pub(super) const MAX_FUEL: u64 = 200_000_000;
/// Most bytes of a module, of its memory and of an answer.
const MAX_MODULE: usize = 4 << 20;
const MAX_MEMORY: usize = 64 << 20;
const MAX_ANSWER: usize = 8 << 20;
/// Most calls inside each other, and bytes of their values.
const MAX_CALLS: usize = 1_000;
const MAX_STACK: usize = 1 << 20;
/// Most entries of a table.
const MAX_TABLE: usize = 65_536;

/// What every module must export.
const EXPORTS: &str = "expected the exports memory, allocate(i32) -> i32 and run(i32, i32) -> i64";

/// A module that was read, checked and translated.
pub(crate) struct Module {
    engine: Engine,
    module: wasmi::Module,
}

impl Module {
    /// Reads a module.
    ///
    /// # Errors
    /// It is none, it is too large, it imports something, or does not export what it must.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_MODULE {
            return Err(format!("the module is larger than {MAX_MODULE} bytes"));
        }
        let mut config = Config::default();
        config
            .consume_fuel(true)
            // What is translated when it is first needed would cost fuel the first time only.
            .compilation_mode(CompilationMode::Eager)
            .enforced_limits(EnforcedLimits::strict())
            .set_max_recursion_depth(MAX_CALLS)
            .set_max_stack_height(MAX_STACK)
            .wasm_multi_memory(false)
            .allow_start_fn(false);
        let engine = Engine::new(&config);
        let module = wasmi::Module::new(&engine, bytes)
            .map_err(|error| format!("this is no module that can be run: {error}"))?;
        if let Some(import) = module.imports().next() {
            return Err(format!(
                "the module imports {}.{}: it must not import anything",
                import.module(),
                import.name()
            ));
        }
        let module = Self { engine, module };
        // An instance that cannot be made, or lacks an export, is said now and not in every call.
        module.instance(MAX_FUEL)?;
        Ok(module)
    }

    fn instance(&self, fuel: u64) -> Result<Running, String> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MAX_MEMORY)
            .table_elements(MAX_TABLE)
            .tables(1)
            .memories(1)
            .instances(1)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(&self.engine, limits);
        store.limiter(|limits| limits);
        store.set_fuel(fuel).map_err(|error| error.to_string())?;
        let instance = Linker::new(&self.engine)
            .instantiate_and_start(&mut store, &self.module)
            .map_err(|error| reason(&error))?;
        let missing = |_| EXPORTS.to_owned();
        if instance.get_memory(&store, "memory").is_none() {
            return Err(EXPORTS.to_owned());
        }
        Ok(Running {
            allocate: instance
                .get_typed_func(&store, "allocate")
                .map_err(missing)?,
            run: instance.get_typed_func(&store, "run").map_err(missing)?,
            instance,
            store,
        })
    }

    /// Gives the module an input and takes what it answers; the fuel is what is left of the call's.
    ///
    /// # Errors
    /// It was stopped, it trapped, or it answers from outside of its memory.
    pub(crate) fn run(&self, fuel: &mut u64, input: &[u8]) -> Result<Vec<u8>, String> {
        let length = i32::try_from(input.len()).map_err(|_| "the resource is too large")?;
        let left = u64::try_from(input.len())
            .ok()
            .and_then(|bytes| fuel.checked_sub(bytes))
            .ok_or_else(out_of_fuel)?;
        let mut running = self.instance(left)?;
        let answer = running.answer(input, length)?;
        *fuel = running.store.get_fuel().unwrap_or_default();
        Ok(answer)
    }
}

/// A module that runs.
struct Running {
    store: Store<StoreLimits>,
    instance: Instance,
    allocate: TypedFunc<i32, i32>,
    run: TypedFunc<(i32, i32), i64>,
}

impl Running {
    fn answer(&mut self, input: &[u8], length: i32) -> Result<Vec<u8>, String> {
        let memory = self
            .instance
            .get_memory(&self.store, "memory")
            .ok_or(EXPORTS)?;
        let place = self
            .allocate
            .call(&mut self.store, length)
            .map_err(|error| reason(&error))?;
        memory
            .write(&mut self.store, place.cast_unsigned() as usize, input)
            .map_err(|_| "allocate answers a place outside of the memory")?;
        let answer = self
            .run
            .call(&mut self.store, (place, length))
            .map_err(|error| reason(&error))?
            .cast_unsigned();
        let place = usize::try_from(answer >> 32).unwrap_or(usize::MAX);
        let length = usize::try_from(answer & 0xffff_ffff).unwrap_or(usize::MAX);
        if length > MAX_ANSWER {
            return Err(format!("the answer is longer than {MAX_ANSWER} bytes"));
        }
        memory
            .data(&self.store)
            .get(place..place.saturating_add(length))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| "run answers a place outside of the memory".to_owned())
    }
}

fn out_of_fuel() -> String {
    format!("the module was stopped: it needs more than the {MAX_FUEL} units of fuel of one call")
}

/// Why a module ended, in our words where it was a bound.
fn reason(error: &wasmi::Error) -> String {
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => out_of_fuel(),
        Some(TrapCode::StackOverflow) => {
            format!("the module was stopped: more than {MAX_CALLS} calls inside each other")
        }
        Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory) => format!(
            "the module was stopped: it needs more than {MAX_MEMORY} bytes of memory or {MAX_TABLE} entries of a table"
        ),
        Some(trap) => format!("the module trapped: {trap}"),
        None => format!("the module cannot be run: {error}"),
    }
}
