/** Holds the rules that bind all modules: who may know whom, and what plugins may rely on. */
@NullMarked
package dev.sluice.architecture;

import org.jspecify.annotations.NullMarked;
