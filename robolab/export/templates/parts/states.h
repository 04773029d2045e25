/* Mass and mass times centre of mass; then by joint the lasting error of the current, and what
 * Coulomb and viscous friction are off by. */
#define LOAD_STATES (4 + 3 * LOAD_JOINTS)
