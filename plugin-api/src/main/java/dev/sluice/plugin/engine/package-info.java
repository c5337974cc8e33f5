/**
 * What an engine (Wasm, scripts, Java) and a provider of host services implement, found through
 * {@link java.util.ServiceLoader}. The proxy core knows these interfaces and no engine by name.
 */
@NullMarked
package dev.sluice.plugin.engine;

import org.jspecify.annotations.NullMarked;
