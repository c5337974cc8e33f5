/** Runs plugins of the proxy-wasm ABI, compiled to JVM bytecode by Endive. */
@NullMarked
package dev.sluice.wasm;

import org.jspecify.annotations.NullMarked;
