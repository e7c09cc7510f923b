// Tells TypeScript of what Vite can import besides code.
/// <reference types="vite/client" />
