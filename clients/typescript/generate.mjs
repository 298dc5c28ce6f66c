// Writes src/schema.ts from the description of the API. Files are Blobs.

import { writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const BLOB = ts.factory.createTypeReferenceNode(ts.factory.createIdentifier('Blob'));
const description = new URL('../../shared/http/openapi.json', import.meta.url);
const types = await openapiTS(description, { transform: ({ format }) => (format === 'binary' ? BLOB : undefined) });
const head = '// Written by `npm run generate` from shared/http/openapi.json. Do not edit.\n\n';
await writeFile(new URL(process.argv[2] ?? 'src/schema.ts', import.meta.url), head + astToString(types));
