@NullMarked
package dev.sluice.state.internal.store;

import org.jspecify.annotations.NullMarked;
