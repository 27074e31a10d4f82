/// What the rooms' tests share: the contract of every backend, a recording reader, and where reference data is.
@NullMarked
package dev.runnel.testing;

import org.jspecify.annotations.NullMarked;
