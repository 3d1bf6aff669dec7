// The texts of each policy of the administrative template, in English and French.
//   name, explain: of the policy; labels: of its parts, by setting or by caller class.

export const LANGUAGES = ['en-US', 'fr-FR'];

export const CATEGORY = {
  'en-US': { name: 'Trusted Platform Module Services (TpmTbs)', supported: 'Linux with TpmTbs 0.1 or later' },
  'fr-FR': {
    name: 'Services de module de plateforme sécurisée (TpmTbs)',
    supported: 'Linux avec TpmTbs 0.1 ou une version ultérieure',
  },
};

export const LEVELS = {
  'en-US': { 0: 'None', 2: 'Delegated', 4: 'Full', 5: 'Lockout authorization only (TPM 2.0)' },
  'fr-FR': { 0: 'Aucune', 2: 'Déléguée', 4: 'Complète', 5: 'Autorisation de verrouillage seulement (TPM 2.0)' },
};

export const TEXTS = {
  BlockedCommandsList_Name: {
    'en-US': {
      name: 'Configure the list of blocked TPM commands',
      explain:
        'Blocks the listed commands for every user, administrators included. Enter the command code in decimal: the ordinal of a TPM 1.2 command (TPM_OwnerReadInternalPub is 129) or the code of a TPM 2.0 command (TPM2_Clear is 294). `Get-TbsCommandBlock` lists all codes. Disabled: the list is empty, whatever local files say.',
      labels: { blockedCommands: 'Blocked commands (codes in decimal):' },
    },
    'fr-FR': {
      name: 'Configurer la liste des commandes TPM bloquées',
      explain:
        'Bloque les commandes indiquées pour tous les utilisateurs, y compris les administrateurs. Entrez le code de la commande en décimal : l’ordinal d’une commande TPM 1.2 (TPM_OwnerReadInternalPub : 129) ou le code d’une commande TPM 2.0 (TPM2_Clear : 294). `Get-TbsCommandBlock` affiche tous les codes. Désactivé : la liste est vide, quel que soit le contenu des fichiers locaux.',
      labels: { blockedCommands: 'Commandes bloquées (codes en décimal) :' },
    },
  },
  IgnoreDefaultList_Name: {
    'en-US': {
      name: 'Ignore the default list of blocked TPM commands',
      explain:
        'Ignores the list of blocked TPM 1.2 commands that ships with TpmTbs. The allowed lists of TPM 2.0 stay in force.',
    },
    'fr-FR': {
      name: 'Ignorer la liste par défaut des commandes TPM bloquées',
      explain:
        'Ignore la liste des commandes TPM 1.2 bloquées fournie avec TpmTbs. Les listes de commandes TPM 2.0 autorisées restent en vigueur.',
    },
  },
  IgnoreLocalList_Name: {
    'en-US': {
      name: 'Ignore the local list of blocked TPM commands',
      explain: 'Ignores the commands that administrators of the machine blocked with Add-TbsCommandBlock.',
    },
    'fr-FR': {
      name: 'Ignorer la liste locale des commandes TPM bloquées',
      explain: 'Ignore les commandes que les administrateurs de la machine ont bloquées avec Add-TbsCommandBlock.',
    },
  },
  AllowedCommands: {
    'en-US': {
      name: 'Configure the allowed TPM 2.0 commands of each class of users',
      explain:
        'Changes the lists of TPM 2.0 commands that administrators, standard users and sandboxed apps may send. Enter the command code in hexadecimal as the name (TPM2_Clear is 126), and as the value 1 to allow the command or 0 to take it away. Commands that are not listed keep what ships with TpmTbs.',
      labels: {
        administrator: 'Administrators (code in hexadecimal; 1 allows, 0 takes away):',
        standardUser: 'Standard users (code in hexadecimal; 1 allows, 0 takes away):',
        sandboxedApp: 'Sandboxed apps (code in hexadecimal; 1 allows, 0 takes away):',
      },
    },
    'fr-FR': {
      name: 'Configurer les commandes TPM 2.0 autorisées de chaque classe d’utilisateurs',
      explain:
        'Modifie les listes des commandes TPM 2.0 que les administrateurs, les utilisateurs standard et les applications isolées peuvent envoyer. Entrez comme nom le code de la commande en hexadécimal (TPM2_Clear : 126) et comme valeur 1 pour autoriser la commande ou 0 pour la retirer. Les commandes absentes gardent l’état fourni avec TpmTbs.',
      labels: {
        administrator: 'Administrateurs (code en hexadécimal ; 1 autorise, 0 retire) :',
        standardUser: 'Utilisateurs standard (code en hexadécimal ; 1 autorise, 0 retire) :',
        sandboxedApp: 'Applications isolées (code en hexadécimal ; 1 autorise, 0 retire) :',
      },
    },
  },
  OSManagedAuth_Name: {
    'en-US': {
      name: 'Configure the level of TPM owner authorization information available to the operating system',
      explain:
        'Decides how much owner authorization is stored on the machine. Not configured or disabled: Full when the backup to AD DS is off, Delegated when it is on. When the level goes from Full to Delegated, a new owner authorization is made and backed up.',
      labels: { osManagedAuthLevel: 'Level:' },
    },
    'fr-FR': {
      name: 'Configurer le niveau d’informations d’autorisation du propriétaire du TPM disponibles pour le système',
      explain:
        'Détermine la part de l’autorisation du propriétaire conservée sur la machine. Non configuré ou désactivé : Complète si la sauvegarde dans AD DS est désactivée, Déléguée si elle est activée. Lors du passage de Complète à Déléguée, une nouvelle autorisation est créée et sauvegardée.',
      labels: { osManagedAuthLevel: 'Niveau :' },
    },
  },
  CloseHierarchies: {
    'en-US': {
      name: 'Close the storage and endorsement hierarchies when a TPM 2.0 is provisioned',
      explain:
        'Gives the storage and endorsement hierarchies random authorizations at provisioning. Programs that expect them to be empty, such as clevis, systemd-cryptenroll, tpm2-pkcs11 and tpm2_createprimary, stop working, and disks that they unlock stay locked. Disabled or not configured: both stay empty, as on Windows.',
    },
    'fr-FR': {
      name: 'Fermer les hiérarchies de stockage et d’approbation lors de l’approvisionnement d’un TPM 2.0',
      explain:
        'Donne des autorisations aléatoires aux hiérarchies de stockage et d’approbation lors de l’approvisionnement. Les programmes qui les attendent vides, comme clevis, systemd-cryptenroll, tpm2-pkcs11 et tpm2_createprimary, ne fonctionnent plus, et les disques qu’ils déverrouillent restent verrouillés. Désactivé ou non configuré : les deux restent vides, comme sous Windows.',
    },
  },
  ActiveDirectoryBackup: {
    'en-US': {
      name: 'Turn on TPM backup to Active Directory Domain Services',
      explain:
        'Backs the owner authorization of the TPM up to AD DS. Enabled: a change is refused unless its backup succeeds first. Disabled: nothing is backed up.',
    },
    'fr-FR': {
      name: 'Activer la sauvegarde du TPM dans les services de domaine Active Directory',
      explain:
        'Sauvegarde l’autorisation du propriétaire du TPM dans AD DS. Activé : un changement est refusé si sa sauvegarde ne réussit pas d’abord. Désactivé : rien n’est sauvegardé.',
    },
  },
  StandardUserAuthorizationFailureDuration_Name: {
    'en-US': {
      name: 'Standard User Lockout Duration',
      explain:
        'Length of the sliding window, in minutes, in which authorization failures of standard users count. Older failures do not count. 0: none counts. Default: 480.',
      labels: { standardUserAuthorizationFailureDurationMinutes: 'Duration in minutes:' },
    },
    'fr-FR': {
      name: 'Durée de verrouillage des utilisateurs standard',
      explain:
        'Durée en minutes de la fenêtre glissante pendant laquelle les échecs d’autorisation des utilisateurs standard comptent. Les échecs plus anciens ne comptent pas. 0 : aucun ne compte. Par défaut : 480.',
      labels: { standardUserAuthorizationFailureDurationMinutes: 'Durée en minutes :' },
    },
  },
  StandardUserAuthorizationFailureIndividualThreshold_Name: {
    'en-US': {
      name: 'Standard User Individual Lockout Threshold',
      explain:
        'Number of authorization failures of one standard user at which that user may send no command with an authorization. 0: none may be sent at all. Default: 4.',
      labels: { standardUserAuthorizationFailureIndividualThreshold: 'Failures of one user:' },
    },
    'fr-FR': {
      name: 'Seuil de verrouillage individuel des utilisateurs standard',
      explain:
        'Nombre d’échecs d’autorisation d’un utilisateur standard à partir duquel il ne peut plus envoyer de commande avec autorisation. 0 : il ne peut en envoyer aucune. Par défaut : 4.',
      labels: { standardUserAuthorizationFailureIndividualThreshold: 'Échecs d’un utilisateur :' },
    },
  },
  StandardUserAuthorizationFailureTotalThreshold_Name: {
    'en-US': {
      name: 'Standard User Total Lockout Threshold',
      explain:
        'Number of authorization failures of all standard users together at which none of them may send a command with an authorization. 0: none may be sent at all. Default: 9.',
      labels: { standardUserAuthorizationFailureTotalThreshold: 'Failures of all users:' },
    },
    'fr-FR': {
      name: 'Seuil de verrouillage total des utilisateurs standard',
      explain:
        'Nombre total d’échecs d’autorisation de tous les utilisateurs standard à partir duquel aucun d’eux ne peut envoyer de commande avec autorisation. 0 : ils ne peuvent en envoyer aucune. Par défaut : 9.',
      labels: { standardUserAuthorizationFailureTotalThreshold: 'Échecs de tous les utilisateurs :' },
    },
  },
  MaxContexts: {
    'en-US': {
      name: 'Limit the contexts that are open at once',
      explain: 'Number of contexts of all users together; one in 16 is reserved for administrators. Default: 1200.',
      labels: { maxContexts: 'Contexts of all users:' },
    },
    'fr-FR': {
      name: 'Limiter le nombre de contextes ouverts simultanément',
      explain:
        'Nombre de contextes de tous les utilisateurs ; un sur 16 est réservé aux administrateurs. Par défaut : 1200.',
      labels: { maxContexts: 'Contextes de tous les utilisateurs :' },
    },
  },
  MaxContextsPerUser: {
    'en-US': {
      name: 'Limit the contexts that one user has open at once',
      explain: 'Number of contexts of one user. Default: 1050.',
      labels: { maxContextsPerUser: 'Contexts of one user:' },
    },
    'fr-FR': {
      name: 'Limiter le nombre de contextes ouverts simultanément par un utilisateur',
      explain: 'Nombre de contextes d’un utilisateur. Par défaut : 1050.',
      labels: { maxContextsPerUser: 'Contextes d’un utilisateur :' },
    },
  },
  MaxResources: {
    'en-US': {
      name: 'Limit the TPM resources of one context',
      explain: 'Number of objects and sessions that one context holds at once. Default: 500.',
      labels: { maxResources: 'Resources of one context:' },
    },
    'fr-FR': {
      name: 'Limiter les ressources TPM d’un contexte',
      explain: 'Nombre d’objets et de sessions qu’un contexte détient simultanément. Par défaut : 500.',
      labels: { maxResources: 'Ressources d’un contexte :' },
    },
  },
};
