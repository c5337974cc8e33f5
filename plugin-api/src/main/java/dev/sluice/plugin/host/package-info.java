/**
 * The services that a plugin may call, the same for every engine. Calls return at once; those with
 * a {@link dev.sluice.plugin.host.Completion} answer exactly once, on the thread that owns the
 * caller (its event loop, or its script thread), never inside the call itself.
 */
@NullMarked
package dev.sluice.plugin.host;

import org.jspecify.annotations.NullMarked;
