#!/usr/bin/env node
'use strict';
// Written for any Node, so that an old one gets a sentence instead of a syntax error.
var parts = process.versions.node.split('.');
if (Number(parts[0]) < 24 || (Number(parts[0]) === 24 && Number(parts[1]) < 15)) {
  console.error(
    'lanfold needs Node 24.15 or newer, and this is Node ' + process.versions.node + '. Please install a newer Node.',
  );
  process.exit(1);
}
var path = require('path');
var fs = require('fs');
var built = path.join(__dirname, '..', 'dist', 'command', 'main.js');
var source = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
import(require('url').pathToFileURL(fs.existsSync(built) ? built : source).href);
