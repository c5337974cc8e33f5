@NullMarked
package dev.sluice.proxy.testing;

import org.jspecify.annotations.NullMarked;
