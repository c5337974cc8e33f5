/** Runs exchanges: the filter chain, the attempts, and what each loop keeps for them. */
@NullMarked
package dev.sluice.proxy.internal.exchange;

import org.jspecify.annotations.NullMarked;
