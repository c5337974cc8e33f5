/** Real servers for tests. */
@NullMarked
package dev.sluice.state.testing;

import org.jspecify.annotations.NullMarked;
