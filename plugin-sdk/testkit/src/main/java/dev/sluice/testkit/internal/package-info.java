@NullMarked
package dev.sluice.testkit.internal;

import org.jspecify.annotations.NullMarked;
