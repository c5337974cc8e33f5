/** Runs trusted Java plugins, each in a class loader of its own. */
@NullMarked
package dev.sluice.jvm;

import org.jspecify.annotations.NullMarked;
