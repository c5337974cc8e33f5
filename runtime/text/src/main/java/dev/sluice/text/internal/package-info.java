/** Automata and scans behind {@link dev.sluice.text.PatternsProvider}. */
@NullMarked
package dev.sluice.text.internal;

import org.jspecify.annotations.NullMarked;
