@NullMarked
package dev.sluice.wasm.internal;

import org.jspecify.annotations.NullMarked;
