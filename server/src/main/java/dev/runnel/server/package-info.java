/// Any backend over HTTP.
package dev.runnel.server;
