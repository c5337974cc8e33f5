/** Vectors behind {@link dev.sluice.state.VectorsProvider}. */
@NullMarked
package dev.sluice.state.internal.vectors;

import org.jspecify.annotations.NullMarked;
