#!/usr/bin/env node
import process from 'node:process';
import { main } from '../build/ts-core/cli/main.js';

await main(process.argv);
