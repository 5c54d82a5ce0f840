#!/usr/bin/env node
'use strict';
// Understood by any Node, however old: it says what is missing, or hands over to what is not so patient.
var WANTED = [24, 15];

var running = process.versions.node.split('.').map(Number);
if (running[0] > WANTED[0] || (running[0] === WANTED[0] && running[1] >= WANTED[1])) {
  start();
} else {
  process.stderr.write(
    'lanfold needs Node ' + WANTED.join('.') + ' or newer and this is Node ' + process.versions.node +
      ': install a newer one from https://nodejs.org and try again\n'
  );
  process.exitCode = 1;
}

function start() {
  var join = require('node:path').join;
  var built = join(__dirname, '..', 'dist', 'cli', 'main.js');
  var source = join(__dirname, '..', 'src', 'cli', 'main.ts'); // in the repository, before it is built
  require(require('node:fs').existsSync(built) ? built : source);
}
