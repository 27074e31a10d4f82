/// Measures any backend; knows no HTTP.
package dev.runnel.lab;
