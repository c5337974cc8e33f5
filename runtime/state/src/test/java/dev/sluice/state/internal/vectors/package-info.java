@NullMarked
package dev.sluice.state.internal.vectors;

import org.jspecify.annotations.NullMarked;
