/** Makes WebAssembly modules for tests. */
@NullMarked
package dev.sluice.wasm.testing;

import org.jspecify.annotations.NullMarked;
