/** The commands behind {@link dev.sluice.gateway.Main}. */
@NullMarked
package dev.sluice.gateway.internal;

import org.jspecify.annotations.NullMarked;
