/// An upstream's address to a backend.
package dev.runnel.relay;
