/** The proxy-wasm host: modules, VMs, contexts and host functions. */
@NullMarked
package dev.sluice.wasm.internal;

import org.jspecify.annotations.NullMarked;
