package dev.runnel.engine.constraint;
