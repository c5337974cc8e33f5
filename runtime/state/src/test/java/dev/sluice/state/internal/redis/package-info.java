@NullMarked
package dev.sluice.state.internal.redis;

import org.jspecify.annotations.NullMarked;
