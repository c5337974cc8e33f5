/** Contexts, script threads and the bridge between scripts and the gateway. */
@NullMarked
package dev.sluice.polyglot.internal;

import org.jspecify.annotations.NullMarked;
