/** Runs script plugins on GraalVM, beside the event loops. */
@NullMarked
package dev.sluice.polyglot;

import org.jspecify.annotations.NullMarked;
