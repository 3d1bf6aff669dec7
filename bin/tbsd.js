#!/usr/bin/env node
import process from 'node:process';
import { tbsd } from '../build/ts-core/daemon/tbsd-command.js';

process.exitCode = await tbsd(process.argv.slice(2));
