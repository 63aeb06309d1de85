//! The function catalogue: signatures, registry and executor.
