@NullMarked
package dev.sluice.usage;

import org.jspecify.annotations.NullMarked;
