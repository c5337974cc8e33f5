/** Estimates of tokens behind {@link dev.sluice.text.TokensProvider}. */
@NullMarked
package dev.sluice.text.internal.tokens;

import org.jspecify.annotations.NullMarked;
