/** Identity: who owns which devices, and what is said of them. */

export {};
